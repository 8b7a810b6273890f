// What follows the player: it listens while it stands in a page, to whichever player it is given.
import { LitElement, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import type { Playhead } from './playhead.js';

export abstract class Follower extends LitElement {
  @property({ attribute: false }) playhead!: Playhead;
  private forget = () => {};

  /** The player stands somewhere else, or is another one. */
  protected abstract moved(): void;

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    if (this.hasUpdated) this.follow();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.forget();
  }

  protected override updated(changed: PropertyValues<this>) {
    if (changed.has('playhead')) this.follow();
  }

  private follow() {
    this.forget();
    this.forget = this.playhead.listen(() => this.moved());
    this.moved();
  }
}

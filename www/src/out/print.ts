// On paper everything lies open, in light colours; afterwards all is as it was.
import type { ReactiveController, ReactiveControllerHost } from 'lit';

type Host = ReactiveControllerHost & HTMLElement & { theme: string | null };

export class Printing implements ReactiveController {
  private restore = () => {};

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('beforeprint', this.before);
    addEventListener('afterprint', this.after);
  }

  hostDisconnected(): void {
    removeEventListener('beforeprint', this.before);
    removeEventListener('afterprint', this.after);
  }

  private readonly before = () => {
    const { host } = this;
    const { theme } = host;
    const closed = [...(host.shadowRoot?.querySelectorAll<HTMLDetailsElement>('.answer details:not([open]), .results details:not([open])') ?? [])];
    for (const one of closed) one.open = true;
    // At once, not with the next rendering: the page is printed as it stands.
    host.setAttribute('theme', 'light');
    this.restore = () => {
      for (const one of closed) one.open = false;
      host.theme = theme;
    };
  };

  private readonly after = () => {
    this.restore();
    this.restore = () => {};
  };
}

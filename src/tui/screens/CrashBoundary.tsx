import type { ErrorInfo, ReactNode } from 'react';
import { Component } from 'react';

interface CrashBoundaryProps {
  /** Told once, with the components that the error came through. */
  readonly onCrash: (error: unknown, components: string) => void;
  readonly children: ReactNode;
}

/** Draws nothing any more once something below it could not be drawn, and says so. */
export class CrashBoundary extends Component<CrashBoundaryProps, { readonly crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { readonly crashed: boolean } {
    return { crashed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    this.props.onCrash(error, info.componentStack ?? '');
  }

  override render(): ReactNode {
    return this.state.crashed ? null : this.props.children;
  }
}

using System.Runtime.InteropServices;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// Handles SIGINT and SIGTERM: the first signal cancels what was submitted, the second one ends the wait.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private readonly Func<Task> first;
    private readonly Action second;
    private int count;

    /// <summary>Begins to handle the signals.</summary>
    public Interrupts(Func<Task> first, Action second)
    {
        (this.first, this.second) = (first, second);
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Came),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Came),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
    }

    private void Came(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref count) == 1)
            _ = first();
        else
            second();
    }
}

using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Forwards to the agent each signal that asks this process to end or to reload, every time it arrives.
/// </summary>
internal sealed class SignalForwarder : IDisposable
{
    /// <summary>SIGUSR2, which asks a worker to continue as the program that is installed now.</summary>
    internal const PosixSignal Upgrade = (PosixSignal)Libc.SIGUSR2;

    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Begins to forward signals; SIGUSR2 only to an agent that is replaceable.</summary>
    internal SignalForwarder(AgentProcess agent, bool isReplaceable)
    {
        registrations =
        [
            Forward(agent, PosixSignal.SIGTERM, 15),
            Forward(agent, PosixSignal.SIGINT, 2),
            Forward(agent, PosixSignal.SIGHUP, 1),
            Forward(agent, PosixSignal.SIGQUIT, 3),
            .. isReplaceable ? [Forward(agent, Upgrade, (int)Upgrade)] : Array.Empty<PosixSignalRegistration>(),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
    }

    private static PosixSignalRegistration Forward(AgentProcess agent, PosixSignal signal, int number) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            agent.Send(number);
        });
}

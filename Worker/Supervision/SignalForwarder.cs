using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Forwards to the agent each signal that asks this process to end or to reload, every time it arrives, if this
/// process's program is never replaced; otherwise see <see cref="SignalReader"/>.
/// </summary>
internal sealed class SignalForwarder : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Begins to forward signals.</summary>
    internal SignalForwarder(AgentProcess agent)
    {
        registrations =
        [
            Forward(agent, PosixSignal.SIGTERM, 15),
            Forward(agent, PosixSignal.SIGINT, 2),
            Forward(agent, PosixSignal.SIGHUP, 1),
            Forward(agent, PosixSignal.SIGQUIT, 3),
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

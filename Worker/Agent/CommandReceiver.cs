using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Keeps the stream of commands open while there is a session, and passes each command to the runner.
/// </summary>
internal sealed partial class CommandReceiver(AgentState state, AttemptRunner runner, ILogger logger)
{
    private readonly FolderAnswers folders = new(state, logger);

    /// <summary>Called when a stream ended or broke without this worker's doing.</summary>
    internal Action? Ended { get; set; }

    /// <summary>Receives commands until cancelled.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever broke the stream, it is opened again.")]
    internal async Task RunAsync(CancellationToken cancellation)
    {
        var backoff = state.NewBackoff();
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var session = await state.Session.WaitAsync(cancellation);
                using var open = CancellationTokenSource.CreateLinkedTokenSource(cancellation, state.Session.Ended);
                await ReceiveAsync(session, backoff, open.Token);
                Ended?.Invoke();
            }
            catch (OperationCanceledException)
            {
                // The session is over, or the agent is ending.
            }
            catch (Exception failure)
            {
                // Log only the first failure; failed heartbeats show whether the master can be reached.
                if (backoff.IsFresh)
                    StreamBroke(CallFailure.Fault(failure), failure.Message);
                Ended?.Invoke();
            }

            await state.Pause(backoff.Next(), cancellation);
        }
    }

    private async Task ReceiveAsync(long session, Backoff backoff, CancellationToken cancellation)
    {
        var request = new AssignRequest { NodeId = state.Options.NodeId, Session = session };
        await foreach (var commands in state.Master.AssignTask(request, cancellation).WithCancellation(cancellation))
        {
            backoff.Reset();
            foreach (var question in commands.List)
                _ = folders.Take(question, session, cancellation);
            if (!runner.Take(commands, session))
                return;
        }
    }
}

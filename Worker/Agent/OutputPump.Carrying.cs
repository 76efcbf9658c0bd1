using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Sends the output to the master on one stream at a time. Several messages may be on their way at a time;
/// unacknowledged ones are sent again, in order. A stream belongs to one session;
/// when the stream fails or the session ends, the next stream begins with the first unacknowledged message.
/// </summary>
internal sealed partial class OutputPump
{
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a stream failed of, its output is sent again.")]
    private async Task CarryAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await WorkAsync();
                var session = await state.Session.WaitAsync(stop.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, state.Session.Ended);
                await StreamAsync(session, over);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // If nothing is waiting, a broken stream does no harm and is not logged.
                if (backoff.IsFresh && !IsIdle())
                    WriteFailed(CallFailure.Fault(failure), failure.Message);
            }

            await state.Pause(backoff.Next(), stop.Token);
        }
    }

    /// <summary>Completes when there may be something to send.</summary>
    private async Task WorkAsync()
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (again || !window.IsEmpty)
                    return;
                ArmIfWaiting();
                change = ChangedAsync();
            }

            await change.OrCancelledAsync(stop.Token);
        }
    }

    private bool IsIdle()
    {
        lock (gate)
            return window.IsEmpty;
    }

    /// <summary>
    /// Sends messages and handles answers. Returns when the session is over; throws when the stream is.
    /// </summary>
    private async Task StreamAsync(long session, CancellationTokenSource over)
    {
        lock (gate)
            window.Rewind();
        var silence = new OutputSilence(state, over);
        var answers = state.Master.WriteOutput(MessagesAsync(session, silence, over.Token), over.Token).GetAsyncEnumerator(over.Token);
        var next = Task.FromResult(true);
        try
        {
            while (true)
            {
                next = answers.MoveNextAsync().AsTask();
                if (!await next.OrCancelledAsync(over.Token))
                    throw new IOException("The master ended the stream of output.");
                // The session is over: the node registers anew, and the next session's stream sends this again.
                if (!answers.Current.Stored)
                {
                    state.Session.End(session);
                    return;
                }

                backoff.Reset();
                Acknowledge(silence);
            }
        }
        catch (Exception) when (silence.IsOver)
        {
            throw new TimeoutException($"The master did not answer within {state.Options.CallTimeout}.");
        }
        catch (Exception) when (over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            // The session ended, and the next one continues.
        }
        finally
        {
            silence.Dispose();
            over.Cancel();
            _ = LeaveAsync(answers, next);
        }
    }

    private void Acknowledge(OutputSilence silence)
    {
        OutputMessage stored;
        lock (gate)
        {
            stored = window.Acknowledge();
            silence.Answered(window.IsEmpty);
            Change();
        }

        stored.Stored();
    }

    /// <summary>
    /// Returns the messages of a stream: first those that an earlier stream left unacknowledged, then new ones.
    /// </summary>
    private async IAsyncEnumerable<OutputChunks> MessagesAsync(
        long session, OutputSilence silence, [EnumeratorCancellation] CancellationToken over)
    {
        while (true)
        {
            if (Next(session, silence, over, out var change) is { } message)
                yield return message;
            else if (change is not null)
                await change.OrCancelledAsync(over);
        }
    }

    /// <summary>
    /// Returns the next message. If it returns null with a <paramref name="change"/>, there is nothing to send until that
    /// completes; without one, it has gathered output, and the caller asks again.
    /// </summary>
    private OutputChunks? Next(long session, OutputSilence silence, CancellationToken over, out Task? change)
    {
        change = null;
        long most;
        lock (gate)
        {
            // An abandoned stream that still asks for messages must get none.
            over.ThrowIfCancellationRequested();
            if (window.Send() is { } unsent)
            {
                silence.Sent();
                // A copy, since another stream may still be reading the original object.
                return new OutputChunks { NodeId = unsent.Chunks.NodeId, Session = session, Chunks = { unsent.Chunks.Chunks } };
            }

            if (!again || gathering || !window.HasRoom)
            {
                if (!again)
                    ArmIfWaiting();
                change = ChangedAsync();
                return null;
            }

            // Only one message is gathered at a time, or an attempt's output could change its order.
            (again, gathering) = (false, true);
            most = Math.Min(LargestMessage, window.Room);
        }

        var taken = Gather(most);
        lock (gate)
        {
            gathering = false;
            if (taken.Bytes > 0)
                window.Add(taken);
            Change();
        }

        return null;
    }

    /// <summary>Disposes an abandoned stream in the background; it may not react to its cancellation.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The stream was given up: what becomes of it does not matter.")]
    private static async Task LeaveAsync(IAsyncEnumerator<OutputAnswer> answers, Task next)
    {
        try
        {
            await next;
        }
        catch (Exception)
        {
            // The failure is known or no longer of interest.
        }

        try
        {
            await answers.DisposeAsync();
        }
        catch (Exception)
        {
            // The failure no longer matters.
        }
    }
}

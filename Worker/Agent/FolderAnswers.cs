using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Answers the master's questions about folders. A file system that hangs holds up a few threads of its own and nothing
/// else; an answer that is lost is asked for again.
/// </summary>
internal sealed partial class FolderAnswers(AgentState state, ILogger logger)
{
    /// <summary>Maximum number of folders that are listed at once.</summary>
    internal const int Most = 8;

    private int listing;

    /// <summary>Lists a folder on another thread, and sends the answer.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever an answer failed of, the schedule asks again.")]
    internal async Task Take(ListFolder question, long session, CancellationToken cancellation)
    {
        try
        {
            var answer = await ListAsync(question);
            (answer.NodeId, answer.Session, answer.Number) = (state.Options.NodeId, session, question.Number);
            await state.Call(c => state.Master.ListedFolder(answer, c), state.Options.CallTimeout, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The session is over, or the agent is ending.
        }
        catch (Exception failure)
        {
            AnswerFailed(question.Folder, CallFailure.Fault(failure), failure.Message);
        }
    }

    private async Task<FolderListing> ListAsync(ListFolder question)
    {
        if (state.Machine.ListFolder is not { } list)
            return new FolderListing { Fault = "This worker cannot list folders." };
        if (Interlocked.Increment(ref listing) > Most)
        {
            Interlocked.Decrement(ref listing);
            return new FolderListing { Fault = $"The worker is still reading {Most} other folders." };
        }

        try
        {
            // Before the folder is read: the files are at least as old as that.
            var takenAt = (long)state.Time.GetElapsedTime(0).TotalMilliseconds;
            var answer = await list(question);
            answer.TakenAt = takenAt;
            return answer;
        }
        finally
        {
            Interlocked.Decrement(ref listing);
        }
    }

    [LoggerMessage(EventId = 3080, Level = LogLevel.Warning, Message = "Could not report the files of {Folder}: {Reason}")]
    private partial void AnswerFailed(string folder, Exception? failure, string reason);
}

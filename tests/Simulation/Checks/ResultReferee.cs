using OrleansTasks.Simulation.Worker;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks results of commands from the commits: a task that succeeds has what the attempt that succeeded has left, and
/// one that is to have no result has none.
/// </summary>
internal sealed class ResultReferee(Coverage coverage)
{
    /// <summary>Returns what is stored of a task as its result.</summary>
    public Func<TaskId, ReadOnlyMemory<byte>>? Stored { get; set; }

    /// <summary>A task has become final by a commit that is on the disk.</summary>
    public void Ended(TaskWrite write, TaskSubmission task)
    {
        var row = write.Row;
        var takes = task.Limits.HasFlag(Limits.Results);
        if (row.Reason == EndReason.BadResult)
        {
            Violation.Unless(takes && SimResults.IsBad(row.Id.ToString(), row.Attempt), $"{row} left no bad result.");
            coverage.Fire("bad result");
        }

        if (row.State != TaskState.Succeeded)
            return;
        var expected = takes ? SimResults.Of(row.Id.ToString(), row.Attempt) : default;
        var written = write.Result?.Value ?? default;
        Violation.Unless(
            written.Span.SequenceEqual(expected.Span),
            $"{row.Id} attempt {row.Attempt} succeeded with {written.Length} bytes of another result than it left.");
        if (!expected.IsEmpty)
            coverage.Fire(row.Attempt == 1 ? "result" : "result of a later attempt");
        Violation.Unless(
            Stored is null || Stored(row.Id).Span.SequenceEqual(expected.Span),
            $"What is stored as the result of {row.Id} is not what its attempt {row.Attempt} left.");
    }
}

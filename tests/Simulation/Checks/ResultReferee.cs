using System.Text;
using System.Text.Json;
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

    /// <summary>Returns what the job of a node has left that has succeeded; empty for any other.</summary>
    public Func<TaskId, ReadOnlyMemory<byte>> AggregateOf { get; set; } = static _ => default;

    /// <summary>
    /// A command has begun: if it is a node's, it finds the results of the nodes in its <c>after</c>, by name. One that
    /// waits for a node to fail or to end may find what was there before that node was retried.
    /// </summary>
    public void Began(SimTree tree, IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        if (!TaskId.TryParse(tree.Task, out var id) || !tasks.TryGetValue(id, out var task) || task.IsPruned)
            return;
        Violation.Unless(
            tree.Inputs is not null == task.Submission.WorkflowNode is not null, $"{id} has inputs, or has none, wrongly.");
        if (tree.Inputs is not { } inputs)
            return;
        using var found = JsonDocument.Parse(inputs);
        var owner = task.Submission.Item is { } item ? tasks[item.Node] : task;
        var after = owner.Submission.After ?? [];
        Violation.Unless(
            found.RootElement.EnumerateObject().Select(static field => field.Name)
                .SequenceEqual(after.Select(one => tasks[one.Task].Submission.WorkflowNode)),
            $"{id} finds {found.RootElement}.");
        foreach (var one in after)
        {
            var parent = tasks[one.Task];
            var text = found.RootElement.GetProperty(parent.Submission.WorkflowNode!).GetRawText();
            if (parent.Submission.IsForEach)
            {
                CheckItems(id, text, one, tasks);
                continue;
            }

            var left = Encoding.UTF8.GetString((parent.Submission.IsJob ? AggregateOf(one.Task) : ValueOf(parent)).Span);
            if (parent.Submission.IsJob && text != "null")
                coverage.Fire("input of a job");
            Violation.Unless(
                text == (left.Length == 0 ? "null" : left) || (text == "null" && one.On != EndCondition.Succeeded),
                $"{id} finds {text} of {one.Task}, which left {left}.");
            coverage.Fire(text == "null" ? "input without a result" : "input");
        }
    }

    private void CheckItems(TaskId id, string text, TaskDependency one, IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        // One that waits for the node to end may find the items of a run that goes on.
        if (one.On != EndCondition.Succeeded)
            return;
        var left = tasks.Values.Where(task => task.Submission.Item?.Node == one.Task)
            .OrderBy(static task => task.Submission.Item!.Value.Index).Select(static task => ValueOf(task))
            .Select(static value => value.IsEmpty ? "null" : Encoding.UTF8.GetString(value.Span));
        Violation.Unless(text == $"[{string.Join(',', left)}]", $"{id} finds {text} of the items of {one.Task}.");
        coverage.Fire("input of items");
    }

    private static ReadOnlyMemory<byte> ValueOf(KnownTask task) =>
        task.Row.State == TaskState.Succeeded && task.Submission.Limits.HasFlag(Limits.Results)
            ? SimResults.Of(task.Row.Id.ToString(), task.Row.Attempt)
            : default;

    /// <summary>A task has become final by a commit that is on the disk.</summary>
    public void Ended(TaskWrite write, TaskSubmission task)
    {
        var row = write.Row;
        // ItemReferee and NodeJobReferee look at those without a command of their own.
        if (task.IsForEach || task.IsJob)
            return;
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

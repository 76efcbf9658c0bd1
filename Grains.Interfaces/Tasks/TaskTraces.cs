using System.Diagnostics;

namespace OrleansTasks.Tasks;

/// <summary>
/// The spans of tasks. A task's trace has the task's id, so nothing has to be stored or sent for its spans to be found together, also after
/// restarts; they have no parents but what the environment variable TRACEPARENT gives a command's own spans. While nobody listens, nothing
/// is made, and no clock or random number is read.
/// </summary>
public static class TaskTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "OrleansTasks.Tasks";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Records that something was done with a task.</summary>
    /// <param name="name">What was done.</param>
    /// <param name="kind">On which side of an exchange.</param>
    /// <param name="task">The task.</param>
    /// <param name="queue">Its queue.</param>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it was done.</param>
    /// <param name="attempt">The number of the attempt; 0: none.</param>
    /// <param name="node">The node; null: none.</param>
    /// <param name="cause">The span of another trace that led to it; default: none is known.</param>
    public static void Record(
        string name, ActivityKind kind, TaskId task, string queue, DateTimeOffset began, DateTimeOffset ended, int attempt = 0,
        string? node = null, ActivityContext cause = default)
    {
        Span<byte> bytes = stackalloc byte[TaskId.Size];
        task.Write(bytes);
        var trace = new ActivityContext(ActivityTraceId.CreateFromBytes(bytes), default, ActivityTraceFlags.None);
        ActivityLink[]? links = cause == default ? null : [new ActivityLink(cause)];
        // A span without a parent takes the current one, of another trace, for its parent.
        var outer = Activity.Current;
        Leave();
        using (var span = Source.StartActivity(name, kind, trace, tags: null, links, began))
        {
            if (span is { IsAllDataRequested: true })
            {
                span.SetTag("orleanstasks.task.id", task.ToString());
                span.SetTag("orleanstasks.queue", queue);
                if (attempt > 0)
                    span.SetTag("orleanstasks.attempt", attempt);
                if (node is not null)
                    span.SetTag("orleanstasks.node", node);
            }

            span?.SetEndTime(ended.UtcDateTime);
        }

        if (outer is not null)
            Activity.Current = outer;
    }

    /// <summary>Makes the flow of control go on outside the span that it is in: a loop outlives the call that started it.</summary>
    public static void Leave()
    {
        if (Activity.Current is not null)
            Activity.Current = null;
    }
}

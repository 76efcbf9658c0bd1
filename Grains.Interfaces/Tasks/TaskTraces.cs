using System.Diagnostics;

namespace OrleansTasks.Tasks;

/// <summary>
/// Records the spans of tasks. A task's trace id equals the task's id, so its spans belong together, even after a
/// restart, without storing or sending anything. The spans have no parents, except that <c>TRACEPARENT</c> sets the
/// parent of a command's own spans. Without a listener, nothing is created, and no clock or random number is read.
/// </summary>
public static class TaskTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "OrleansTasks.Tasks";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether there is a listener.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Records something that was done with a task.</summary>
    /// <param name="name">The name of what was done.</param>
    /// <param name="kind">The side of an exchange to which the span belongs.</param>
    /// <param name="task">The task.</param>
    /// <param name="queue">The task's queue.</param>
    /// <param name="began">When the action began.</param>
    /// <param name="ended">When the action ended.</param>
    /// <param name="attempt">The number of the attempt; 0 for none.</param>
    /// <param name="node">The node; null for none.</param>
    /// <param name="cause">The span of another trace that caused this one; default if unknown.</param>
    public static void Record(
        string name, ActivityKind kind, TaskId task, string queue, DateTimeOffset began, DateTimeOffset ended, int attempt = 0,
        string? node = null, ActivityContext cause = default)
    {
        Span<byte> bytes = stackalloc byte[TaskId.Size];
        task.Write(bytes);
        var trace = new ActivityContext(ActivityTraceId.CreateFromBytes(bytes), default, ActivityTraceFlags.None);
        ActivityLink[]? links = cause == default ? null : [new ActivityLink(cause)];
        // StartActivity would otherwise use the current activity, of another trace, as the parent of this span.
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

    /// <summary>Leaves the current span, for a loop that outlives the call that started it.</summary>
    public static void Leave()
    {
        if (Activity.Current is not null)
            Activity.Current = null;
    }
}

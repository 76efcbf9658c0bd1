using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Audit;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Queues;

/// <summary>A queue, as the HTTP contract shows it.</summary>
[Schema("Queue"), Description("A queue: its settings, and how many tasks it has.")]
internal sealed record QueueAnswer
{
    [Description("The name.")]
    public required string Name { get; init; }

    [Description("Increases by one with each change of the settings."), Range(1, double.PositiveInfinity)]
    public required long Version { get; init; }

    [Description("Whether the queue assigns no tasks; running tasks continue.")]
    public required bool Paused { get; init; }

    [Description("Who paused it; null unless it is paused.")]
    public required ActorAnswer? PausedBy { get; init; }

    [Description("When it was paused; null unless it is paused.")]
    public required Timestamp? PausedAt { get; init; }

    [Description("The header Otask-Reason of the call that paused it; null if it had none."), MaxLength(Origin.LongestReason)]
    public required string? PausedReason { get; init; }

    [Description("Tasks that are queued.")]
    public required int Depth { get; init; }

    [Description("Tasks that are assigned or running.")]
    public required int Running { get; init; }

    [Description("Tasks that wait for their time, for other tasks, or for the backoff of a retry.")]
    public required int Scheduled { get; init; }

    [Description("Tasks that failed in the last 24 hours, as far as this gateway has counted them; null if there are too many queues to count.")]
    public required long? FailedLastDay { get; init; }

    [Description("When the task that has been queued longest was queued; null if none is queued.")]
    public required Timestamp? OldestQueuedAt { get; init; }

    [Description("Maximum tasks and chunks that are assigned or running; null for no limit.")]
    public required int? MaxRunning { get; init; }

    [Description("Maximum scheduled and queued tasks; null for no limit.")]
    public required int? MaxDepth { get; init; }

    [Description("Maximum task starts per second, not counting chunks of data jobs; null for no limit.")]
    public required double? RatePerSecond { get; init; }

    [Description("Maximum tasks that start at once after a pause in starting; null without a rate.")]
    public required int? Burst { get; init; }

    [Description("The queue's part of a node's slots while other queues want them too."), Range(1, QueueSettings.LargestWeight)]
    public required int Weight { get; init; }

    [Description("How tasks are spread over nodes.")]
    public required Placement Strategy { get; init; }

    [RefersTo("Blackout", IsOfItems = true), Description("Times in which the queue starts no tasks; running tasks continue.")]
    public required IReadOnlyList<BlackoutAnswer> Blackouts { get; init; }

    [Description("How commands of the queue's tasks and jobs are isolated at least.")]
    public required Isolation MinimumIsolation { get; init; }

    [Description("What held the queue's tasks back in the last 5 minutes, largest share first, as this gateway read it within the last "
        + "seconds; empty if no task was queued, null if there are too many queues to count.")]
    public required IReadOnlyList<HeldShare>? HeldBy { get; init; }

    /// <summary>The example of the contract.</summary>
    public static QueueAnswer Example =>
        Of(new QueueCalls.Queue(QueueSettings.DefaultOf(QueueSettings.DefaultQueue)) { FailedLastDay = 0, HeldBy = [] });

    /// <summary>Returns the answer of a queue.</summary>
    public static QueueAnswer Of(QueueCalls.Queue queue)
    {
        var (settings, status) = (queue.Settings, queue.Status);
        return new QueueAnswer
        {
            Name = settings.Name,
            Version = settings.Version,
            Paused = settings.Paused,
            PausedBy = settings.Pause is { } pause ? new ActorAnswer(pause.Key, pause.KeyName, pause.Says) : null,
            PausedAt = settings.Pause?.At,
            PausedReason = settings.Pause?.Reason,
            Depth = status?.Queued ?? 0,
            Running = status?.Running ?? 0,
            Scheduled = status?.Scheduled ?? 0,
            FailedLastDay = queue.FailedLastDay,
            OldestQueuedAt = status?.OldestQueuedAt,
            MaxRunning = settings.MaxRunning,
            MaxDepth = settings.MaxDepth,
            RatePerSecond = settings.RatePerSecond,
            Burst = settings.EffectiveBurst,
            Weight = settings.Weight,
            Strategy = settings.Placement,
            Blackouts = [.. settings.Blackouts.Select(static one => new BlackoutAnswer(one.Calendar, one.From, one.To))],
            MinimumIsolation = settings.MinimumIsolation,
            HeldBy = ForecastAnswer.Shown(queue.HeldBy),
        };
    }
}

/// <summary>A blackout of a queue, as the HTTP contract shows it.</summary>
internal sealed record BlackoutAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Calendar,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Timestamp? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Timestamp? To);

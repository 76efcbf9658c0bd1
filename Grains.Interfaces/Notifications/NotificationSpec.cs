using OrleansTasks.Tasks;

namespace OrleansTasks.Notifications;

/// <summary>Which events a notification reports, to whom, and when.</summary>
public sealed record NotificationSpec
{
    /// <summary>The kinds of events that it reports.</summary>
    public NotificationKinds On { get; init; }

    /// <summary>The pattern of the queue, in which <c>*</c> stands for any text; null for every queue.</summary>
    public string? Queue { get; init; }

    /// <summary>The pattern of the definition that started a run; null for any or none.</summary>
    public string? Definition { get; init; }

    /// <summary>The pattern of the schedule that started a run; null for any or none.</summary>
    public string? Schedule { get; init; }

    /// <summary>The labels that a task, job or workflow must have.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>The channel.</summary>
    public NotificationChannel Channel { get; init; }

    /// <summary>The addresses of a mail; empty for other channels.</summary>
    public ImmutableArray<string> Mail { get; init; } = [];

    /// <summary>The address of a chat; null for mail.</summary>
    public Uri? Url { get; init; }

    /// <summary>When nothing is sent; null for never.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>The shortest time between two messages.</summary>
    public TimeSpan Digest { get; init; } = ServiceLimits.NotificationDigest;

    /// <summary>What its messages say; null for what messages say by default.</summary>
    public NotificationTemplate? Template { get; init; }

    /// <summary>Whether it is paused: it sends nothing, and skips what happens meanwhile.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Whether it reports only some events of its kinds.</summary>
    public bool Chooses => Queue is not null || Definition is not null || Schedule is not null || !Labels.IsEmpty;
}

/// <summary>Kinds of events.</summary>
[Flags]
public enum NotificationKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Tasks, jobs, workflows and rollouts that have failed.</summary>
    Failed = 1,

    /// <summary>The first success of a definition or schedule after failures.</summary>
    Recovered = 2,

    /// <summary>Schedules whose run is late.</summary>
    Late = 4,

    /// <summary>What needs attention.</summary>
    Attention = 8,
}

/// <summary>How a message reaches people.</summary>
public enum NotificationChannel
{
    /// <summary>By mail.</summary>
    Mail,

    /// <summary>To an incoming webhook of Slack, or of a program that reads Slack's format.</summary>
    Slack,

    /// <summary>To a workflow of Microsoft Teams.</summary>
    Teams,
}

/// <summary>The hours of each day in which nothing is sent.</summary>
/// <param name="From">When they begin.</param>
/// <param name="To">When they end; on the next day if this is before <paramref name="From"/>.</param>
/// <param name="Zone">The time zone.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To, TimeZoneInfo Zone)
{
    /// <summary>Returns whether a time, in Unix milliseconds, lies in the quiet hours.</summary>
    public bool Contains(long time)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(time), Zone);
        return TimeOnly.FromTimeSpan(local.TimeOfDay).IsBetween(From, To);
    }
}

using OrleansTasks.Tasks;

namespace OrleansTasks.Notifications;

/// <summary>What a notification tells, to whom, and when.</summary>
public sealed record NotificationSpec
{
    /// <summary>What it tells.</summary>
    public NotificationKinds On { get; init; }

    /// <summary>Only what is in such a queue, in which <c>*</c> stands for any text; null for all.</summary>
    public string? Queue { get; init; }

    /// <summary>Only what such a definition started; null for all.</summary>
    public string? Definition { get; init; }

    /// <summary>Only what such a schedule started; null for all.</summary>
    public string? Schedule { get; init; }

    /// <summary>Only what has these labels.</summary>
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

    /// <summary>Whether it tells nothing.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Whether it has conditions on what an event is about.</summary>
    public bool Chooses => Queue is not null || Definition is not null || Schedule is not null || !Labels.IsEmpty;
}

/// <summary>What a notification tells.</summary>
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

/// <summary>By what a notification is sent.</summary>
public enum NotificationChannel
{
    /// <summary>By mail.</summary>
    Mail,

    /// <summary>To an incoming webhook of Slack, or of what understands Slack's messages.</summary>
    Slack,

    /// <summary>To a workflow of Microsoft Teams.</summary>
    Teams,
}

/// <summary>The hours of each day in which nothing is sent.</summary>
/// <param name="From">When they begin.</param>
/// <param name="To">When they end; before <paramref name="From"/> on the next day.</param>
/// <param name="Zone">The time zone.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To, TimeZoneInfo Zone)
{
    /// <summary>Returns when the quiet hours end that a time is in; null if it is in none. Times are Unix milliseconds.</summary>
    public long? EndAfter(long now)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(now), Zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (!time.IsBetween(From, To))
            return null;
        var left = To > time ? To - time : To - time + (To < time ? TimeSpan.Zero : TimeSpan.FromDays(1));
        return now + (long)left.TotalMilliseconds;
    }
}

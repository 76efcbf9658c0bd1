namespace OrleansTasks.ApiClient;

/// <summary>
/// Configures an <see cref="OrleansTasksClient"/>. The values must not change while a client uses them.
/// </summary>
public sealed class OrleansTasksClientOptions
{
    /// <summary>
    /// How often a request is sent again after a temporary failure: a lost connection, 429, 502, 503 or 504. 5 by
    /// default, which lasts about 8 s and outlives a restart of the service. 0 to never repeat.
    /// </summary>
    public int MaxRetries { get; set; } = 5;

    /// <summary>
    /// The longest pause that a gateway may ask for with <c>Retry-After</c>. If it asks for more, the call fails at
    /// once. 30 s by default.
    /// </summary>
    public TimeSpan LongestRetryAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an upload of items goes on trying while the service takes none of them, for example during a restart or
    /// a fail-over. 10 minutes by default. With <see cref="MaxRetries"/> 0, an upload tries once.
    /// </summary>
    public TimeSpan UploadPatience { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The reason for changes, which the audit records; null for none.</summary>
    public string? Reason { get; set; }

    /// <summary>
    /// The name that the caller gives itself, which the audit records beside the key; null for none.
    /// </summary>
    public string? Actor { get; set; }

    /// <summary>The clock for pauses.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;
}

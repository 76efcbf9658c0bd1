using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Access;

/// <summary>What a key may do; no scope includes another. Stored as numbers: never renumber.</summary>
[Flags, JsonConverter(typeof(FlagsConverter<Scopes>))]
public enum Scopes
{
    /// <summary>No scope.</summary>
    None = 0,

    /// <summary>GET requests.</summary>
    [JsonStringEnumMemberName("read")]
    Read = 1,

    /// <summary>Submitting, cancelling and retrying tasks and jobs.</summary>
    [JsonStringEnumMemberName("submit")]
    Submit = 2,

    /// <summary>
    /// Nodes, queues, schedules and bulk requests. Writing a schedule needs <see cref="Submit"/> as well.
    /// </summary>
    [JsonStringEnumMemberName("operate")]
    Operate = 4,

    /// <summary>Keys, tokens and webhooks, including their GET requests.</summary>
    [JsonStringEnumMemberName("admin")]
    Admin = 8,

    /// <summary>
    /// Running definitions, and reading their runs. A key may be limited to certain definitions
    /// (<see cref="KeyRecord.Definitions"/>).
    /// </summary>
    [JsonStringEnumMemberName("run")]
    Run = 16,
}

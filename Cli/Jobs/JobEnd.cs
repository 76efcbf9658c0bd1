using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>How a job ended, as an exit code.</summary>
internal static class JobEnd
{
    /// <summary>Whether it has ended.</summary>
    public static bool IsFinal(JsonNode job) => job.Field("state") is not "running";

    /// <summary>0 when it succeeded, 4 when it failed, 5 when it was cancelled.</summary>
    public static int ExitCode(JsonNode job) => job.Field("state") switch
    {
        "succeeded" => ExitCodes.Done,
        "cancelled" => ExitCodes.JobCancelled,
        _ => ExitCodes.JobFailed,
    };
}

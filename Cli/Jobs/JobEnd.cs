using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>Converts the end of a job, workflow or rollout to an exit code.</summary>
internal static class JobEnd
{
    /// <summary>Returns whether it has ended or, of a rollout, is halted.</summary>
    public static bool IsFinal(JsonNode job) => job.Required("state").ToString() is not "running";

    /// <summary>Returns 0 if it succeeded, 5 if it was cancelled, and otherwise 4.</summary>
    public static int ExitCode(JsonNode job) => job.Field("state") switch
    {
        "succeeded" => ExitCodes.Done,
        "cancelled" => ExitCodes.JobCancelled,
        _ => ExitCodes.JobFailed,
    };
}

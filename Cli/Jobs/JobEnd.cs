using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>Converts the end of a job or a workflow to an exit code.</summary>
internal static class JobEnd
{
    /// <summary>Returns whether the job has ended.</summary>
    public static bool IsFinal(JsonNode job) => job.Field("state") is not "running";

    /// <summary>Returns 0 if the job or workflow succeeded, 4 if it failed, 5 if it was cancelled.</summary>
    public static int ExitCode(JsonNode job) => job.Field("state") switch
    {
        "succeeded" => ExitCodes.Done,
        "cancelled" => ExitCodes.JobCancelled,
        _ => ExitCodes.JobFailed,
    };
}

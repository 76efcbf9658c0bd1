using System.Text.Json.Serialization;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>The state of a task, a data job or a workflow. Jobs and workflows have the last four only.</summary>
[JsonConverter(typeof(CamelWordConverter<TaskState>))]
public enum TaskState
{
    /// <summary>A state that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The task waits for its time, for other tasks, or for the backoff of a retry.</summary>
    Scheduled,

    /// <summary>The task waits in its queue.</summary>
    Queued,

    /// <summary>The task was sent to a node, which has not confirmed its start.</summary>
    Assigned,

    /// <summary>The task, job or workflow runs.</summary>
    Running,

    /// <summary>Final: it succeeded.</summary>
    Succeeded,

    /// <summary>Final: it failed.</summary>
    Failed,

    /// <summary>Final: it was cancelled, or skipped.</summary>
    Cancelled,
}

/// <summary>Why an attempt ended.</summary>
[JsonConverter(typeof(KebabWordConverter<EndReason>))]
public enum EndReason
{
    /// <summary>A reason that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The command exited with an exit code.</summary>
    Exit,

    /// <summary>A signal ended the command.</summary>
    Signal,

    /// <summary>The attempt exceeded its timeout.</summary>
    Timeout,

    /// <summary>The attempt was cancelled.</summary>
    Cancelled,

    /// <summary>The command could not be started.</summary>
    SpawnFailed,

    /// <summary>The attempt's node was lost.</summary>
    NodeLost,

    /// <summary>The attempt used more memory than it may.</summary>
    OutOfMemory,

    /// <summary>The attempt used more processor time than it may.</summary>
    CpuTime,

    /// <summary>The task did not start before its <see cref="TaskSpec.ExpiresAt"/>.</summary>
    Expired,

    /// <summary>A condition in the task's <see cref="TaskSpec.After"/> can no longer be met.</summary>
    Skipped,

    /// <summary>The command exited with 0, but its result is not JSON or is too large.</summary>
    BadResult,

    /// <summary>The data job of the workflow's node failed.</summary>
    JobFailed,

    /// <summary>The command left no file for a pattern of its artifacts that is not optional.</summary>
    ArtifactMissing,

    /// <summary>The command's artifacts are too many or too large.</summary>
    ArtifactTooLarge,

    /// <summary>An input could not be fetched, or an artifact could not be stored.</summary>
    FileUnavailable,

    /// <summary>A later task with the same unique key took the task's place.</summary>
    Replaced,

    /// <summary>The worker could not get the image of the command's container.</summary>
    ImageUnavailable,
}

/// <summary>The end of another task or workflow node that something waits for.</summary>
[JsonConverter(typeof(CamelWordConverter<EndCondition>))]
public enum EndCondition
{
    /// <summary>A condition that this version of the package does not know.</summary>
    Unknown,

    /// <summary>It has succeeded.</summary>
    Succeeded,

    /// <summary>It has failed.</summary>
    Failed,

    /// <summary>It has ended in any way.</summary>
    Ended,
}

/// <summary>Which tasks hold a unique key.</summary>
[JsonConverter(typeof(CamelWordConverter<UniqueWhile>))]
public enum UniqueWhile
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>Tasks that have not ended.</summary>
    Open,

    /// <summary>Tasks that no node has.</summary>
    Queued,
}

/// <summary>What happens to a new task whose unique key another task holds.</summary>
[JsonConverter(typeof(CamelWordConverter<UniqueThen>))]
public enum UniqueThen
{
    /// <summary>A word that this version of the package does not know.</summary>
    Unknown,

    /// <summary>It is refused: the code of the <see cref="OrleansTasksException"/> is <c>not-unique</c>.</summary>
    Refuse,

    /// <summary>The submission returns the other task, and adds none.</summary>
    Join,

    /// <summary>The other task is cancelled, and the new one waits for its end.</summary>
    Replace,
}

/// <summary>One of a command's two output streams.</summary>
[JsonConverter(typeof(CamelWordConverter<OutputStream>))]
public enum OutputStream
{
    /// <summary>A stream that this version of the package does not know.</summary>
    Unknown,

    /// <summary>Standard output.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,
}

namespace OrleansTasks.Jobs.Spec;

/// <summary>The kind of a job's source.</summary>
public enum JobSourceKind
{
    /// <summary>A range of integers.</summary>
    Range,

    /// <summary>Values in the spec.</summary>
    Items,

    /// <summary>Values posted to the job.</summary>
    Stream,

    /// <summary>Lines that a command writes.</summary>
    Command,

    /// <summary>Files: one at a path that the silo and workers can read, or files that the service stores.</summary>
    File,
}

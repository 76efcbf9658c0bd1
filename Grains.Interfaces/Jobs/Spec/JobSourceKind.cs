namespace OrleansTasks.Jobs.Spec;

/// <summary>Where a job's items come from.</summary>
public enum JobSourceKind
{
    /// <summary>The integers from one to another.</summary>
    Range,

    /// <summary>The values that the spec brings.</summary>
    Items,

    /// <summary>What is posted to the job.</summary>
    Stream,

    /// <summary>The lines that a command writes.</summary>
    Command,

    /// <summary>What a file holds that silo and workers see.</summary>
    File,
}

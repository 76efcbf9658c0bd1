namespace OrleansTasks.Worker.Processes;

/// <summary>One of a command's two output streams.</summary>
public enum StandardStream : byte
{
    /// <summary>Standard output, descriptor 1.</summary>
    Output = 1,

    /// <summary>Standard error, descriptor 2.</summary>
    Error = 2,
}

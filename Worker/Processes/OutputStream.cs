namespace OrleansTasks.Worker.Processes;

/// <summary>One of a command's two output streams.</summary>
public enum OutputStream : byte
{
    /// <summary>Standard output, descriptor 1.</summary>
    StandardOutput = 1,

    /// <summary>Standard error, descriptor 2.</summary>
    StandardError = 2,
}

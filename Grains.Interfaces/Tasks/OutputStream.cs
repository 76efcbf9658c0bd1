namespace OrleansTasks.Tasks;

/// <summary>One of the two streams that a command writes.</summary>
public enum OutputStream : byte
{
    /// <summary>Standard output.</summary>
    Stdout = 1,

    /// <summary>Standard error.</summary>
    Stderr = 2,
}

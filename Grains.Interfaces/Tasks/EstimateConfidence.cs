namespace OrleansTasks.Tasks;

/// <summary>How far an estimated start can be trusted.</summary>
public enum EstimateConfidence : byte
{
    /// <summary>The start cannot be estimated.</summary>
    None,

    /// <summary>Drawn from too few past estimates to give a range.</summary>
    Rough,

    /// <summary>It has a range in which nine of ten past estimates lay.</summary>
    Measured,

    /// <summary>A time that is set.</summary>
    Exact,
}

using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

/// <summary>How far an attempt's two streams have been written, in bytes; 0 if nothing was written.</summary>
internal readonly record struct OutputEnds(long Stdout, long Stderr)
{
    /// <summary>Returns the end of one stream. Marks have no end: losing them loses no output.</summary>
    internal static OutputEnds Of(OutputStream stream, long end) => stream switch
    {
        OutputStream.Stdout => new OutputEnds(end, 0),
        OutputStream.Stderr => new OutputEnds(0, end),
        _ => default,
    };

    /// <summary>Returns the later end of each stream.</summary>
    internal OutputEnds With(OutputEnds other) => new(Math.Max(Stdout, other.Stdout), Math.Max(Stderr, other.Stderr));
}

using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

/// <summary>The ends of what was written to an attempt's two streams, in bytes; 0 if nothing was written.</summary>
internal readonly record struct OutputEnds(long Stdout, long Stderr)
{
    /// <summary>Returns the end of one stream.</summary>
    internal static OutputEnds Of(OutputStream stream, long end) =>
        stream == OutputStream.Stdout ? new OutputEnds(end, 0) : new OutputEnds(0, end);

    /// <summary>Returns the later end of each stream.</summary>
    internal OutputEnds With(OutputEnds other) => new(Math.Max(Stdout, other.Stdout), Math.Max(Stderr, other.Stderr));
}

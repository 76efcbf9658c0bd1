using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

/// <summary>Where what was written to an attempt's two streams ends, in bytes; 0 where nothing was.</summary>
internal readonly record struct OutputEnds(long Stdout, long Stderr)
{
    /// <summary>The end of one stream.</summary>
    internal static OutputEnds Of(OutputStream stream, long end) =>
        stream == OutputStream.Stdout ? new OutputEnds(end, 0) : new OutputEnds(0, end);

    /// <summary>The later end of each.</summary>
    internal OutputEnds With(OutputEnds other) => new(Math.Max(Stdout, other.Stdout), Math.Max(Stderr, other.Stderr));
}

using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>The directory of a lone silo: every grain is there.</summary>
internal sealed class LocalDirectory : IGrainDirectory
{
    private EmbeddedSilo? _silo;

    public void Join(EmbeddedSilo silo)
    {
        if (Interlocked.CompareExchange(ref _silo, silo, null) is not null)
            throw new InvalidOperationException("This directory is for one silo.");
    }

    public void Leave(EmbeddedSilo silo) => Interlocked.CompareExchange(ref _silo, null, silo);

    public EmbeddedSilo Locate(GrainId id, EmbeddedSilo caller) => caller;

    public IRequestTarget? Remembered(GrainId id, EmbeddedSilo caller) => null;

    public void Remove(GrainId id, EmbeddedSilo silo)
    {
    }

    public EmbeddedSilo? Named(ReadOnlySpan<char> name) =>
        _silo is { } silo && name.SequenceEqual(silo.Name) ? silo : null;
}

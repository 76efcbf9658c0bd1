using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Knows on which silo a grain is, and chooses one for a grain that is on none.</summary>
internal interface IGrainDirectory
{
    /// <summary>A silo takes part.</summary>
    void Join(EmbeddedSilo silo);

    /// <summary>A silo and all its grains are gone.</summary>
    void Leave(EmbeddedSilo silo);

    /// <summary>The silo that has the grain, or from now on has it.</summary>
    EmbeddedSilo Locate(GrainId id, EmbeddedSilo caller);

    /// <summary>The activation that the caller's cache still has for the grain, though the directory has lost it.</summary>
    IRequestTarget? Remembered(GrainId id, EmbeddedSilo caller);

    /// <summary>The silo no longer has the grain.</summary>
    void Remove(GrainId id, EmbeddedSilo silo);

    /// <summary>The silo of this name, if it takes part.</summary>
    EmbeddedSilo? Named(ReadOnlySpan<char> name);
}

namespace OrleansTasks.Engine.Embedded;

/// <summary>A host of activations.</summary>
internal abstract class EmbeddedSilo
{
    internal abstract ReferenceFactory References { get; }
}

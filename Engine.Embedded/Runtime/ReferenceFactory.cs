using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Makes references.</summary>
internal abstract class ReferenceFactory
{
    internal abstract TInterface Get<TInterface>(GrainId id);
}

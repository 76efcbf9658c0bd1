using System.Reflection;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Base of references: implements the interface and sends its calls.</summary>
internal abstract class Reference : DispatchProxy
{
    internal GrainId Id { get; set; }

    internal EmbeddedSilo Silo { get; set; } = null!;
}

using System.Reflection;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Base of references: a derived class made at run time implements the interface and brings its calls here.
/// </summary>
internal class Reference : DispatchProxy
{
    internal GrainId Id { get; private set; }

    internal InterfaceBinding Binding { get; private set; } = null!;

    internal EmbeddedSilo Silo => Binding.Silo;

    public override bool Equals(object? obj) => obj is Reference other && Id.Equals(other.Id);

    public override int GetHashCode() => Id.GetHashCode();

    public override string ToString() => $"GrainReference:{Id}";

    /// <summary>Another one of the same interface: copying one is far cheaper than making one.</summary>
    internal Reference To(GrainId id)
    {
        var copy = (Reference)MemberwiseClone();
        copy.Id = id;
        return copy;
    }

    internal void Bind(InterfaceBinding binding) => Binding = binding;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        Binding.MethodOf(targetMethod!).Send(this, args ?? []);
}

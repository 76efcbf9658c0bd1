using System.Reflection;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A grain's or observer's interface, as one silo knows it.</summary>
internal sealed class InterfaceBinding
{
    private readonly Dictionary<MethodInfo, Method> _methods = new(ReferenceEqualityComparer.Instance);
    private readonly Reference _prototype;
    private string? _className;

    internal InterfaceBinding(EmbeddedSilo silo, Type type)
    {
        if (!type.IsInterface || type.IsGenericTypeDefinition || !type.IsAssignableTo(typeof(IAddressable)))
            throw new ArgumentException($"{type} is not an interface of grains or observers.");
        Silo = silo;
        Type = type;
        foreach (var info in type.GetInterfaces().Append(type).SelectMany(i => i.GetMethods()))
        {
            if (!info.IsStatic) _methods.Add(info, silo.MethodOf(info));
        }

        _prototype = (Reference)DispatchProxy.Create(type, typeof(Reference));
        _prototype.Bind(this);
    }

    internal EmbeddedSilo Silo { get; }

    internal Type Type { get; }

    internal Reference To(GrainId id) => _prototype.To(id);

    /// <summary>The reference to the grain with this key of the class that implements the interface.</summary>
    internal Reference To(string key, string? classNamePrefix)
    {
        var name = string.IsNullOrEmpty(classNamePrefix)
            ? _className ??= Silo.Classes.Implementing(Type, null).Name
            : Silo.Classes.Implementing(Type, classNamePrefix).Name;
        return To(new GrainId(name, key));
    }

    internal Method MethodOf(MethodInfo info) => _methods[info];
}

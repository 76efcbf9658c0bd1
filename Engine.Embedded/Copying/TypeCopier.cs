using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Copies objects of one type.</summary>
internal abstract class TypeCopier
{
    internal abstract object Copy(object original, CopyContext context);

    /// <summary>The copier of a type; for one that cannot be sent, a copier that says so.</summary>
    internal static TypeCopier For(Type type)
    {
        if (type.IsArray && type.GetArrayRank() == 1) return Generic(typeof(ArrayCopier<>), type.GetElementType()!);
        if (type.IsAssignableTo(typeof(Exception))) return new ExceptionCopier();
        if (type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)) return new FieldCopier(type);
        if (type.IsGenericType)
        {
            var definition = type.GetGenericTypeDefinition();
            var arguments = type.GenericTypeArguments;
            if (definition == typeof(List<>)) return Generic(typeof(ListCopier<>), arguments);
            if (definition == typeof(HashSet<>)) return Generic(typeof(SetCopier<>), arguments);
            if (definition == typeof(Queue<>)) return Generic(typeof(QueueCopier<>), arguments);
            if (definition == typeof(Dictionary<,>)) return Generic(typeof(DictionaryCopier<,>), arguments);
            if (definition == typeof(ImmutableArray<>)) return Generic(typeof(ImmutableArrayCopier<>), arguments);
            if (definition == typeof(Memory<>)) return Generic(typeof(MemoryCopier<>), arguments);
            if (definition == typeof(KeyValuePair<,>) || type.IsAssignableTo(typeof(ITuple)))
                return new FieldCopier(type);
        }

        return new Refusal(type);
    }

    private static TypeCopier Generic(Type definition, params Type[] arguments) =>
        (TypeCopier)Activator.CreateInstance(definition.MakeGenericType(arguments))!;

    private sealed class ExceptionCopier : TypeCopier
    {
        internal override object Copy(object original, CopyContext context) =>
            Copier.CopyException((Exception)original);
    }

    private sealed class Refusal(Type type) : TypeCopier
    {
        internal override object Copy(object original, CopyContext context) => throw new CodecNotFoundException(
            original is IAddressable
                ? $"{type} is no reference: send what CreateObjectReference or GetGrain returned."
                : $"{type} cannot be sent: it has no [GenerateSerializer] and is not a known type.");
    }
}

using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Copies what is sent, so that neither side sees the other's later changes. Immutable values are passed as they are.
/// What could not be serialized is refused here too, though nothing is serialized.
/// </summary>
internal static class Copier
{
    private static readonly ConcurrentDictionary<Type, TypeCopier> ByType = new();

    /// <summary>A value for the other side.</summary>
    /// <exception cref="CodecNotFoundException">It, or something in it, is of a type that cannot be sent.</exception>
    internal static object? Copy(object? value) =>
        value is null || Immutability.IsExactly(value.GetType()) ? value : Copy(value, new CopyContext());

    internal static object? Copy(object? value, CopyContext context)
    {
        if (value is null) return null;
        var type = value.GetType();
        if (Immutability.IsExactly(type)) return value;
        if (context.TryGet(value, out var known)) return known;
        return ByType.GetOrAdd(type, static t => TypeCopier.For(t)).Copy(value, context);
    }

    /// <summary>
    /// An exception for the other side: same type, message, stack and fields, with copies of its causes.
    /// </summary>
    internal static Exception CopyException(Exception exception)
    {
        var copy = (Exception)Clone(exception);
        if (exception.InnerException is { } cause) InnerOf(copy) = CopyException(cause);
        if (exception is AggregateException aggregate && exception.GetType() == typeof(AggregateException))
            copy = new AggregateException(MessageOf(exception), aggregate.InnerExceptions.Select(CopyException));
        DataOf(copy) = null;
        foreach (DictionaryEntry entry in exception.Data) copy.Data[entry.Key] = entry.Value;
        return copy;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MemberwiseClone")]
    private static extern object Clone(object instance);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerException")]
    private static extern ref Exception? InnerOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? MessageOf(Exception exception);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_data")]
    private static extern ref IDictionary? DataOf(Exception exception);
}

using System.Collections.Immutable;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Copies arrays.</summary>
internal sealed class ArrayCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var copy = (T[])((T[])original).Clone();
        context.Add(original, copy);
        if (Immutability.IsCertain(typeof(T))) return copy;
        for (var i = 0; i < copy.Length; i++) copy[i] = (T)Copier.Copy(copy[i], context)!;
        return copy;
    }
}

/// <summary>Copies lists.</summary>
internal sealed class ListCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var items = (List<T>)original;
        if (Immutability.IsCertain(typeof(T))) return new List<T>(items);
        var copy = new List<T>(items.Count);
        context.Add(original, copy);
        foreach (var item in items) copy.Add((T)Copier.Copy(item, context)!);
        return copy;
    }
}

/// <summary>Copies sets; their comparers are shared.</summary>
internal sealed class SetCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var items = (HashSet<T>)original;
        var copy = new HashSet<T>(items.Count, items.Comparer);
        context.Add(original, copy);
        foreach (var item in items) copy.Add((T)Copier.Copy(item, context)!);
        return copy;
    }
}

/// <summary>Copies queues.</summary>
internal sealed class QueueCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var copy = new Queue<T>();
        context.Add(original, copy);
        foreach (var item in (Queue<T>)original) copy.Enqueue((T)Copier.Copy(item, context)!);
        return copy;
    }
}

/// <summary>Copies dictionaries; their comparers are shared.</summary>
internal sealed class DictionaryCopier<TKey, TValue> : TypeCopier
    where TKey : notnull
{
    internal override object Copy(object original, CopyContext context)
    {
        var items = (Dictionary<TKey, TValue>)original;
        var copy = new Dictionary<TKey, TValue>(items.Count, items.Comparer);
        context.Add(original, copy);
        foreach (var (key, value) in items)
            copy.Add((TKey)Copier.Copy(key, context)!, (TValue)Copier.Copy(value, context)!);
        return copy;
    }
}

/// <summary>Copies immutable arrays of what is not immutable.</summary>
internal sealed class ImmutableArrayCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var items = (ImmutableArray<T>)original;
        return items.IsDefault ? items : ImmutableArray.CreateRange(items, item => (T)Copier.Copy(item, context)!);
    }
}

/// <summary>Copies memory.</summary>
internal sealed class MemoryCopier<T> : TypeCopier
{
    internal override object Copy(object original, CopyContext context)
    {
        var copy = ((Memory<T>)original).ToArray();
        if (!Immutability.IsCertain(typeof(T)))
        {
            for (var i = 0; i < copy.Length; i++) copy[i] = (T)Copier.Copy(copy[i], context)!;
        }

        return new Memory<T>(copy);
    }
}

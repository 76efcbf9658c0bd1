using System.Globalization;
using OrleansTasks.Processing.Resources;

namespace OrleansTasks.Resources;

/// <summary>
/// Amounts of several resources, sorted by name and all above 0: what a node offers, or what one task asks for (its
/// shape). Equal amounts make equal vectors.
/// </summary>
/// <param name="Amounts">The amounts; use <see cref="Of"/> to create a vector.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceVector")]
public sealed record ResourceVector([property: Id(0)] ImmutableArray<ResourceAmount> Amounts)
{
    /// <summary>Nothing.</summary>
    public static ResourceVector None { get; } = new([]);

    /// <summary>Whether it has no resource.</summary>
    public bool IsEmpty => Amounts.IsEmpty;

    /// <summary>The amount of a resource; 0 if it has none.</summary>
    public long this[string name]
    {
        get
        {
            foreach (var one in Amounts)
            {
                if (one.Name == name)
                    return one.Amount;
            }

            return 0;
        }
    }

    /// <summary>Returns a vector. Amounts of one name are added; those that are not above 0 are left out.</summary>
    public static ResourceVector Of(IEnumerable<ResourceAmount> amounts)
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, amount) in amounts)
            all[name] = all.GetValueOrDefault(name) + amount;
        return all.All(static one => one.Value <= 0) ? None
            : new([.. all.Where(static one => one.Value > 0).Select(static one => new ResourceAmount(one.Key, one.Value))]);
    }

    /// <summary>Returns this vector with another amount of a resource; 0 leaves it out.</summary>
    public ResourceVector With(string name, long amount) =>
        Of(Amounts.Where(one => one.Name != name).Append(new ResourceAmount(name, amount)));

    /// <summary>Returns the sum of this vector and several times another one.</summary>
    public ResourceVector Plus(ResourceVector other, long times = 1) =>
        Of(Amounts.Concat(other.Amounts.Select(one => one with { Amount = one.Amount * times })));

    /// <summary>Returns whether another vector has at least as much of everything.</summary>
    public bool FitsIn(ResourceVector other)
    {
        foreach (var one in Amounts)
        {
            if (one.Amount > other[one.Name])
                return false;
        }

        return true;
    }

    /// <summary>Returns whether both have an amount of the same resource.</summary>
    public bool Overlaps(ResourceVector other)
    {
        foreach (var one in Amounts)
        {
            if (other[one.Name] > 0)
                return true;
        }

        return false;
    }

    /// <summary>Returns how often this vector fits into another one; <see cref="int.MaxValue"/> if it is empty.</summary>
    public int TimesIn(ResourceVector other)
    {
        var times = (long)int.MaxValue;
        foreach (var one in Amounts)
            times = Math.Min(times, other[one.Name] / one.Amount);
        return (int)times;
    }

    /// <summary>
    /// Returns the largest part that this vector is of another one in any resource, from 0; infinite if the other
    /// lacks a resource.
    /// </summary>
    public double DominantPartOf(ResourceVector other)
    {
        var most = 0.0;
        foreach (var one in Amounts)
            most = Math.Max(most, one.Amount / (double)other[one.Name]);
        return most;
    }

    /// <inheritdoc/>
    public bool Equals(ResourceVector? other) =>
        ReferenceEquals(this, other) || (other is not null && Amounts.AsSpan().SequenceEqual(other.Amounts.AsSpan()));

    /// <inheritdoc/>
    /// <remarks>The same in every process, unlike that of a string.</remarks>
    public override int GetHashCode()
    {
        var hash = Amounts.Length;
        foreach (var (name, amount) in Amounts)
            hash = unchecked((((hash * 31) + name[0] + (name.Length << 8)) * 31) + (int)(amount ^ (amount >> 32)));
        return hash;
    }

    /// <summary>Returns the stored form, such as <c>cpu=2500 memory=1048576</c>; empty for none.</summary>
    public override string ToString() => string.Join(
        ' ', Amounts.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Name}={one.Amount}")));

    /// <summary>Parses the stored form. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static ResourceVector Parse(string text) => Of(text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static item =>
        item.Split('=') is [var name, var amount] && ResourceName.IsValid(name)
        && long.TryParse(amount, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new ResourceAmount(name, value)
            : throw new FormatException("Stored resources cannot be read.")));

    /// <summary>Returns the amounts as people write them, such as <c>cpu=2.5, memory=1MiB</c>.</summary>
    public string Describe() =>
        string.Join(", ", Amounts.Select(static one => $"{one.Name}={ResourceForms.Format(one.Name, one.Amount)}"));
}

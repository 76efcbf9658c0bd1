namespace OrleansTasks.ApiClient;

/// <summary>
/// A setting in a change: a value, or the default. A setting that the change leaves as it is, is null instead.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
public readonly record struct Setting<T>
{
    private readonly bool hasValue;

    internal Setting(T value) => (Value, hasValue) = (value, true);

    /// <summary>The value; of no meaning if the setting is the default.</summary>
    public T? Value { get; }

    /// <summary>Whether the setting is the default.</summary>
    public bool IsDefault => !hasValue;

    /// <summary>Returns a setting that is a value.</summary>
    public static implicit operator Setting<T>(T value) => new(value);
}

/// <summary>Makes settings.</summary>
public static class Setting
{
    /// <summary>
    /// Returns a setting that is a value. A list needs this: no conversion from an interface is implicit.
    /// </summary>
    public static Setting<T> Of<T>(T value) => new(value);
}

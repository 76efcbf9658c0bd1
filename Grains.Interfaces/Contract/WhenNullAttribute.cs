namespace OrleansTasks.Contract;

/// <summary>
/// What a member of a request's body becomes if the body says null. Without this, null is the same as leaving the
/// member out.
/// </summary>
/// <param name="value">The value, of the member's type.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WhenNullAttribute(object value) : Attribute
{
    /// <summary>The value.</summary>
    public object Value => value;
}

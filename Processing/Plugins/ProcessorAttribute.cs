namespace OrleansTasks.Processing.Plugins;

/// <summary>
/// Names a processor that a plug-in brings: a public class with a public constructor without parameters that is an
/// <see cref="IItemProcessor"/> or an <see cref="IIntegerProcessor"/>. Jobs ask for it by <c>{"plugin":{"name":"…"}}</c>.
/// </summary>
/// <param name="name">1 to 64 characters of A–Z, a–z, 0–9, dot, underscore and hyphen, the first a letter or digit.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ProcessorAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name => name;
}

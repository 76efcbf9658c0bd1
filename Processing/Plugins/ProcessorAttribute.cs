namespace OrleansTasks.Processing.Plugins;

/// <summary>
/// Names a processor of a plug-in: a public class with a public parameterless constructor that implements
/// <see cref="IItemProcessor"/> or <see cref="IIntegerProcessor"/>. Jobs select it with <c>{"plugin":{"name":"…"}}</c>.
/// </summary>
/// <param name="name">
/// 1 to 64 characters of A–Z, a–z, 0–9, dot, underscore and hyphen; the first is a letter or digit.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ProcessorAttribute(string name) : Attribute
{
    /// <summary>The name of the processor.</summary>
    public string Name => name;
}

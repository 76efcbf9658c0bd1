namespace OrleansTasks.Resources;

/// <summary>
/// An amount of one resource, in the unit that <see cref="Processing.Resources.ResourceName"/> gives.
/// </summary>
/// <param name="Name">The resource.</param>
/// <param name="Amount">The amount, above 0.</param>
[GenerateSerializer, Immutable, Alias("ot.ResourceAmount")]
public readonly record struct ResourceAmount([property: Id(0)] string Name, [property: Id(1)] long Amount);

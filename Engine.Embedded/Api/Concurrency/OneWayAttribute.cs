namespace Orleans.Concurrency;

/// <summary>Calls of this interface method are done when sent; nothing comes back, not even an exception.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OneWayAttribute : Attribute;

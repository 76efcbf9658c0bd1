namespace Orleans.Concurrency;

/// <summary>Calls of this interface method start whatever else the activation is awaiting.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AlwaysInterleaveAttribute : Attribute;

namespace Orleans.Placement;

/// <summary>Activate where the first caller is. One process has one place, so this says nothing here.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PreferLocalPlacementAttribute : Attribute;

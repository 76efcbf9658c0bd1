namespace BankTests;

/// <summary>
/// Hides xunit's attribute from the sample's tests, one of which is there to fail. <see
/// cref="OrleansTasks.Engine.Tests.SampleTests"/> calls them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactAttribute : Attribute;

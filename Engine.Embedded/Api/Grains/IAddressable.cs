namespace Orleans.Runtime;

/// <summary>Something a call can be addressed to: a grain or an observer, or a reference to one.</summary>
public interface IAddressable;

using Orleans.Runtime;

namespace Orleans;

/// <summary>Base of interfaces by which grains call back an ordinary object.</summary>
public interface IGrainObserver : IAddressable;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>A place where bytes of strangers come in.</summary>
internal interface ISurface
{
    /// <summary>The name of the surface, of its folder in the corpus and of its part of the evidence.</summary>
    string Name { get; }

    /// <summary>
    /// How many inputs are tried without a seed that was asked for: so few that a slow machine tries them all, and a fast one no
    /// others.
    /// </summary>
    int MostInTests { get; }

    /// <summary>Makes an input from random choices and the corpus, and from nothing else.</summary>
    byte[] Make(Random random, Corpus corpus);

    /// <summary>Tries an input.</summary>
    /// <returns>The outcome in a word, such as a status.</returns>
    /// <exception cref="FindingException">The program did what it must not do.</exception>
    Task<string> Try(byte[] input);

    /// <summary>Checks at intervals, and at the end, that the program still does its work.</summary>
    /// <exception cref="FindingException">The program does not.</exception>
    Task Check();
}

